import { type KeyboardEvent, useEffect, useRef } from "react";
import { isTyping } from "../state/keys";
import { neighbour } from "../state/walk";

/**
 * ↑ and ↓ in a drawer open the row before or after in the list it was opened from. The row comes into sight (`data-row` says which it is),
 * and the focus stays in the drawer when what had it is replaced.
 */
export function useWalk(keys: readonly string[], current: string | undefined, open: (key: string) => void) {
  const dialog = useRef<HTMLElement>(null);
  useEffect(() => {
    if (current === undefined) return;
    document.querySelector(`[data-row="${CSS.escape(current)}"]`)?.scrollIntoView({ block: "nearest" });
    if (document.activeElement === document.body) dialog.current?.focus();
  }, [current]);
  return (event: KeyboardEvent<HTMLElement>) => {
    if (isTyping(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = neighbour(keys, current, event.key);
    if (next === undefined) return;
    event.preventDefault();
    dialog.current = event.currentTarget.querySelector("[role=dialog]");
    open(next);
  };
}
