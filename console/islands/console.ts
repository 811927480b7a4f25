// Everything that pages have of scripts. Without it they work, by themselves
// less lively.

import { startCall } from "./call";
import { startCommands } from "./commands";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startSignIn } from "./sign_in";
import { startTheme } from "./theme";
import { startTimes } from "./times";

startTimes();
startTheme();
startKeys();
startLive();
startCall();
startCommands();
startSignIn();
// On wide screens the navigation is always open.
const menu = document.querySelector<HTMLDetailsElement>(".menu");
const wide = matchMedia("(min-width: 861px)");
if (menu) {
  menu.open = wide.matches;
  wide.addEventListener("change", () => (menu.open = wide.matches));
}
// What a command did is said once, and what was asked to be open is opened
// once, not again when the page is loaded anew.
const here = new URL(location.href);
if (here.searchParams.has("said") || here.searchParams.has("do")) {
  here.searchParams.delete("said");
  here.searchParams.delete("do");
  history.replaceState(null, "", here);
}
