// Light or dark: as the system has it until the reader says otherwise. The
// choice is in a cookie, so that the server's pages come in it at once.

export function startTheme(): void {
  const root = document.documentElement;
  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    document.cookie = `onhook-theme=${next}; path=/; max-age=31536000; samesite=strict`;
  });
}
