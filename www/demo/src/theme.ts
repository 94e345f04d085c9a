/** Light, dark, or as the system says. `public/theme.js` sets what was chosen before the first paint. */

import { recall, remember } from "./remembered";

const KEY = "agff-theme";
const CHOICES = ["auto", "light", "dark"] as const;
type Theme = (typeof CHOICES)[number];

const NAMES: Record<Theme, string> = {
  auto: "Colours: as the system",
  light: "Colours: light",
  dark: "Colours: dark",
};

/** Makes a button go through the three choices. */
export function themeButton(button: HTMLButtonElement): void {
  const show = (theme: Theme) => {
    button.title = NAMES[theme];
    button.setAttribute("aria-label", NAMES[theme]);
    button.dataset["theme"] = theme;
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    // The canvas of the map has to be drawn anew.
    window.dispatchEvent(new Event("themechange"));
  };
  show(chosen());
  button.addEventListener("click", () => {
    const shown = CHOICES.findIndex((choice) => choice === button.dataset["theme"]);
    const next = CHOICES[(shown + 1) % CHOICES.length] ?? "auto";
    remember(KEY, next);
    show(next);
  });
}

function chosen(): Theme {
  const kept = recall(KEY);
  return CHOICES.find((choice) => choice === kept) ?? "auto";
}
