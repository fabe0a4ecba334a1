import { useMemo } from "react";
import { customRange } from "./range";
import { useView } from "./view";

/** The ranges that were zoomed from, the latest last. They belong to this page load only; the address has the rest. */
const left: string[] = [];

/** What dragging over a chart and double-clicking it do. */
export function useZoom(): { onZoom: (startMs: number, endMs: number) => void; onBack: () => void } {
  const { range, setRange } = useView();
  const { code } = range;
  return useMemo(
    () => ({
      onZoom: (startMs, endMs) => {
        left.push(code);
        setRange(customRange(startMs, endMs));
      },
      onBack: () => {
        const before = left.pop();
        if (before !== undefined) setRange(before);
      },
    }),
    [code, setRange],
  );
}
