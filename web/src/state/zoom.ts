import { useRouter } from "@tanstack/react-router";
import { useMemo } from "react";
import { customRange, readRange } from "./range";
import { useViewChanges } from "./view";

/** The ranges that were zoomed from, the latest last. They belong to this page load only; the address has the rest. */
const left: string[] = [];

/** What dragging over a chart and double-clicking it do. */
export function useZoom(): { onZoom: (startMs: number, endMs: number) => void; onBack: () => void } {
  const { setRange } = useViewChanges();
  const router = useRouter();
  return useMemo(
    () => ({
      onZoom: (startMs, endMs) => {
        left.push(readRange(router.state.location.search.range).code);
        setRange(customRange(startMs, endMs));
      },
      onBack: () => {
        const before = left.pop();
        if (before !== undefined) setRange(before);
      },
    }),
    [router, setRange],
  );
}
