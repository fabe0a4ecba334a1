import { useEffect } from "react";

const chordMs = 1_000;

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/**
 * Calls `act` for `?` and for two-key chords such as `g o`, given as "g o"; never while somebody types.
 * ⌘K and Ctrl-K are given as "palette", while typing too.
 */
export function useShortcuts(act: (shortcut: string) => void): void {
  useEffect(() => {
    let first = "";
    let at = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        act("palette");
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const chord = first !== "" && event.timeStamp - at < chordMs ? `${first} ${event.key}` : event.key;
      first = chord === "g" ? "g" : "";
      at = event.timeStamp;
      act(chord);
      // A button says itself which key it answers to.
      const button =
        first === "" && document.querySelector<HTMLElement>(`[data-shortcut="${CSS.escape(chord)}"]`);
      if (button && !document.querySelector("[aria-modal=true]")) {
        event.preventDefault();
        button.click();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [act]);
}
