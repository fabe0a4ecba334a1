/** Before or after `current` in the order of the list, for ↑ and ↓; undefined at its ends and for any other key. */
export function neighbour(keys: readonly string[], current: string | undefined, key: string) {
  const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  const at = current === undefined ? -1 : keys.indexOf(current);
  return step === 0 || at < 0 ? undefined : keys[at + step];
}
