// Sets the colours that were chosen, before anything is painted; see src/theme.ts.
try {
  const theme = localStorage.getItem("agff-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Nothing is remembered in this browser.
}
