// A region with data-live keeps itself up to date: when an event comes whose
// type begins as one of its words does, or every so many seconds (data-every),
// the page is fetched again and what changed in the region is replaced. The
// server's template is the only place that knows how a row looks.

import { times } from "./times";

const least = 250; // ms between two fetches
const share = 5; // and that many times as long as the last one took: a busy server is asked less often

/** own reports what the viewer has changed and keeps: rows that are chosen, details that are open. */
function own(e: Element, name: string): boolean {
  return name === "class" || (name === "open" && e instanceof HTMLDetailsElement);
}

/** morph makes a look as b does, keeping elements whose id stays. */
export function morph(a: Element, b: Element): void {
  if (a.isEqualNode(b)) return;
  for (const name of a.getAttributeNames()) if (!b.hasAttribute(name) && !own(a, name)) a.removeAttribute(name);
  for (const name of b.getAttributeNames()) {
    const v = b.getAttribute(name) ?? "";
    if (a.getAttribute(name) !== v) a.setAttribute(name, v);
  }
  const kept = new Map<string, Element>();
  for (const c of a.children) if (c.id) kept.set(c.id, c);
  const next: Node[] = [];
  let plain = [...a.childNodes].filter((n) => !(n instanceof Element && n.id));
  for (const n of b.childNodes) {
    if (n instanceof Element && n.id) {
      const old = kept.get(n.id);
      if (old) {
        morph(old, n);
        next.push(old);
      } else {
        const made = document.importNode(n, true);
        if (made instanceof HTMLTableRowElement) made.classList.add("fresh");
        next.push(made);
      }
      continue;
    }
    const at = plain.findIndex((p) => p.nodeType === n.nodeType && p.nodeName === n.nodeName);
    const old = at >= 0 ? plain[at] : undefined;
    if (old instanceof Element && n instanceof Element) {
      plain = plain.slice(at + 1);
      morph(old, n);
      next.push(old);
    } else if (old && n.nodeType === Node.TEXT_NODE) {
      plain = plain.slice(at + 1);
      if (old.nodeValue !== n.nodeValue) old.nodeValue = n.nodeValue;
      next.push(old);
    } else {
      next.push(document.importNode(n, true));
    }
  }
  const wanted = new Set(next);
  for (const n of [...a.childNodes]) if (!wanted.has(n)) n.remove();
  next.forEach((n, i) => {
    const there = a.childNodes[i];
    if (there !== n) a.insertBefore(n, there ?? null);
  });
}

function refresher(regions: HTMLElement[]): () => void {
  let running = false;
  let again = false;
  let next = 0;
  let timer = 0;
  const fetchNow = async (): Promise<void> => {
    const began = Date.now();
    running = true;
    again = false;
    try {
      const resp = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (resp.status === 401) location.reload(); // the session is over
      if (!resp.ok) return;
      const page = new DOMParser().parseFromString(await resp.text(), "text/html");
      for (const r of regions) {
        const fresh = page.getElementById(r.id);
        if (!fresh || !r.isConnected) continue;
        times(fresh);
        morph(r, fresh);
        times(r);
      }
    } catch {
      // The server is away: the next event or the stream's return asks again.
    } finally {
      running = false;
      next = Date.now() + Math.max(least, share * (Date.now() - began));
      if (again) soon();
    }
  };
  const soon = (): void => {
    again = true;
    if (running || timer) return;
    timer = window.setTimeout(() => {
      timer = 0;
      void fetchNow();
    }, Math.max(0, next - Date.now()));
  };
  return soon;
}

// Everything that the API tells of, by what it is about.
const told: Record<string, string[]> = {
  call: ["started", "ringing", "answered", "transferred", "held", "resumed", "updated", "ended"],
  registration: ["registered", "expired", "removed"],
  trunk: ["up", "down"],
  user: ["added", "changed", "removed"],
  queue: [
    ...["entered", "offered", "missed", "answered", "abandoned", "timeout", "left", "refused"].map((w) => `caller_${w}`),
    ...["login", "logout", "pause", "resume", "wrap_up"].map((w) => `agent_${w}`),
  ],
};
const types = Object.entries(told).flatMap(([about, what]) => what.map((w) => `${about}.${w}`));

export function startLive(): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-live]")].filter((r) => r.id);
  if (regions.length === 0) return;
  const soon = refresher(regions);
  const words = regions.flatMap((r) => (r.dataset.live ?? "").split(/\s+/).filter(Boolean));
  const wanted = types.filter((t) => words.some((w) => t.startsWith(w)));
  const call = regions.map((r) => r.dataset.call).find(Boolean);
  if (wanted.length > 0) {
    // A record is in the store a moment after the event of its call's end: what
    // an event brings is looked at twice.
    let later = 0;
    const twice = (): void => {
      soon();
      clearTimeout(later);
      later = window.setTimeout(soon, 1200);
    };
    let stream: EventSource | undefined;
    const follow = (): void => {
      stream?.close();
      stream = undefined;
      // A page that nobody sees follows nothing: browsers open six connections
      // to a server, and each stream takes one.
      if (document.hidden) return;
      const ask = new URLSearchParams(wanted.map((t) => ["type", t]));
      if (call) ask.set("call", call);
      stream = new EventSource(`/v1/events?${ask}`);
      for (const t of wanted) stream.addEventListener(t, twice);
      stream.addEventListener("error", () => (document.documentElement.dataset.stream = "lost"));
      stream.addEventListener("open", () => {
        document.documentElement.dataset.stream = "open";
        twice(); // what came between the page and the stream
      });
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    addEventListener("pagehide", () => stream?.close());
  }
  addEventListener("changed", soon);
  // How often is looked at anew each time: a page that waits for something of
  // which no event tells asks to be looked at more often meanwhile.
  let asked = Date.now();
  setInterval(() => {
    const every = Math.min(...regions.map((r) => Number(r.dataset.every)).filter((n) => n > 0));
    if (document.hidden || !(Date.now() - asked >= every * 1000)) return;
    asked = Date.now();
    soon();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) soon();
  });
}
