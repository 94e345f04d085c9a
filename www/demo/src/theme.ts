/** Light, dark, or as the system says. `public/theme.js` sets what was chosen before the first paint. */

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
    const next = CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length] ?? "auto";
    localStorage.setItem(KEY, next);
    show(next);
  });
}

function chosen(): Theme {
  const kept = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === kept) ?? "auto";
}
