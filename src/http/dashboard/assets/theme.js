// Before the first paint, hence not a module: a page must not flash in the wrong colours.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('chl.theme');
  } catch {
    // A browser that keeps nothing still shows the system's theme.
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
