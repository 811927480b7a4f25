// Times are written by the server in UTC; here they become the viewer's own,
// in the same number of characters, and durations count on.

const two = (n: number): string => String(n).padStart(2, "0");

function day(t: Date): string {
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
}

function clock(t: Date): string {
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** local writes a time of the server in the viewer's zone. */
export function local(iso: string, kind: string): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return iso;
  if (kind === "clock") return `${clock(t)}.${String(t.getMilliseconds()).padStart(3, "0")}`;
  if (kind === "minute") return clock(t).slice(0, 5);
  if (kind === "day") return day(t).slice(5);
  return `${day(t)} ${clock(t)}`;
}

/** counted writes how long something has lasted, as the server does. */
export function counted(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const m = Math.floor(s / 60);
  if (m < 60) return `${m}:${two(s % 60)}`;
  return `${Math.floor(m / 60)}:${two(m % 60)}:${two(s % 60)}`;
}

function count(root: ParentNode): void {
  const now = Date.now();
  for (const e of root.querySelectorAll<HTMLElement>("time[data-since]")) {
    const text = counted(now - Date.parse(e.dataset.since ?? ""));
    if (e.textContent !== text) e.textContent = text;
  }
}

/** times puts all times below root into the viewer's zone. */
export function times(root: ParentNode): void {
  for (const e of root.querySelectorAll<HTMLTimeElement>("time[data-as]")) {
    const text = local(e.dateTime, e.dataset.as ?? "");
    if (e.textContent !== text) e.textContent = text;
  }
  count(root);
}

export function startTimes(): void {
  times(document);
  setInterval(() => count(document), 1000);
}
