import type { Route, Routing } from "../api/routing";

/** The same list with the one at `index` a place further up (-1) or down (1); unchanged at its ends. */
export function moved<Item>(items: Item[], index: number, by: 1 | -1): Item[] {
  const to = index + by;
  const [here, there] = [items[index], items[to]];
  if (here === undefined || there === undefined) return items;
  const next = [...items];
  next[index] = there;
  next[to] = here;
  return next;
}

/** Stands for every channel that is switched on. */
export const everyChannel = "*";

/** Which alerts a route takes, in words. */
export function matchWords({ match }: Pick<Route, "match">): string {
  const parts = (["severity", "group", "rule"] as const).flatMap((field) => {
    const values = match[field] ?? [];
    return values.length > 0 ? [`${field} ${values.join(" or ")}`] : [];
  });
  return parts.join(", ") || "every alert";
}

/** The channels that some part of the routing names but that don't exist. */
export function missingChannels(routing: Routing, known: string[]): string[] {
  const named = [
    ...routing.default.channels,
    ...routing.routes.flatMap(({ channels }) => channels),
    ...routing.escalation.flatMap(({ channels }) => channels),
  ];
  return [...new Set(named.filter((name) => name !== everyChannel && !known.includes(name)))];
}

/** What is typed with commas as a list. */
export function listOf(typed: string): string[] {
  return typed
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}
