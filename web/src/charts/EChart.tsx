import { useCallback, useEffect, useRef } from "react";
import { point, watchPoint } from "../state/crosshair";
import styles from "./chart.module.css";
import { type ChartOption, type EChartsType, init } from "./echarts";

/** What makes a chart one of time: its buckets, and what a drag over them and a double click do. */
export interface TimeAxis {
  /** ISO, when each bucket begins, oldest first. */
  starts: string[];
  /** ISO, when the last one ends. */
  end: string;
  onZoom: (startMs: number, endMs: number) => void;
  onBack: () => void;
}

interface Props {
  option: ChartOption;
  /** The chart in a sentence, for those who can't see it. */
  summary: string;
  height: number;
  time?: TimeAxis;
}

/** Draws an option and follows its box. What is out of sight waits until the browser has nothing better to do. */
export function EChart({ option, summary, height, time }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const near = useRef(false);
  const printing = useRef(false);
  const latest = useRef(option);
  const drawn = useRef<ChartOption | null>(null);

  const draw = useCallback(() => {
    if (drawn.current === latest.current) return;
    drawn.current = latest.current;
    // In the next frame, so that the page's words and figures don't wait for its pictures. Paper doesn't wait.
    const lazyUpdate = !printing.current;
    chart.current?.setOption(latest.current, { replaceMerge: ["series"], lazyUpdate });
  }, []);

  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current, null, { renderer: "canvas" });
    made.setOption({}, { lazyUpdate: true });
    chart.current = made;
    drawn.current = null;
    const size = new ResizeObserver(() => made.resize());
    size.observe(box.current);
    const sight = new IntersectionObserver(
      ([entry]) => {
        near.current = entry?.isIntersecting === true;
        if (near.current) draw();
      },
      { rootMargin: "25%" },
    );
    sight.observe(box.current);
    const before = () => {
      printing.current = true;
      drawn.current = null;
      draw();
    };
    const after = () => {
      printing.current = false;
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
      sight.disconnect();
      size.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [draw]);

  useEffect(() => {
    latest.current = option;
    if (near.current || printing.current) {
      draw();
      return;
    }
    return whenIdle(draw);
  }, [option, draw]);

  return (
    <div className={styles.frame} data-time={time ? true : undefined}>
      <div ref={box} className={styles.canvas} style={{ height }} role="img" aria-label={summary} />
      {time && <TimeLayer chart={chart} box={box} time={time} />}
    </div>
  );
}

const patienceMs = 1000;

/** Calls back when the page is at rest, or after a second; gives what takes the call back. */
function whenIdle(call: () => void): () => void {
  // Safari knows no idle time.
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(call, patienceMs / 4);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(call, { timeout: patienceMs });
  return () => cancelIdleCallback(handle);
}

interface LayerProps {
  chart: React.RefObject<EChartsType | null>;
  box: React.RefObject<HTMLDivElement | null>;
  time: TimeAxis;
}

const dragFrom = 6;

/** The line at the moment pointed at in any chart of the page, and the part being dragged over. */
function TimeLayer({ chart, box, time }: LayerProps) {
  const line = useRef<HTMLDivElement>(null);
  const part = useRef<HTMLDivElement>(null);
  const latest = useRef(time);
  latest.current = time;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const indexAt = (x: number): number | null => {
      const index = chart.current?.convertFromPixel({ xAxisIndex: 0 }, x);
      const last = latest.current.starts.length - 1;
      return typeof index === "number" ? Math.max(0, Math.min(last, Math.round(index))) : null;
    };
    const xIn = (event: PointerEvent) => event.clientX - element.getBoundingClientRect().left;
    let from: number | null = null;
    const show = (to: number | null) => {
      if (!part.current) return;
      part.current.hidden = from === null || to === null;
      if (from === null || to === null) return;
      part.current.style.left = `${Math.min(from, to)}px`;
      part.current.style.width = `${Math.abs(to - from)}px`;
    };
    const stop = () => {
      from = null;
      show(null);
    };
    const onDown = (event: PointerEvent) => {
      if (event.button === 0 && event.pointerType === "mouse") from = xIn(event);
    };
    const onMove = (event: PointerEvent) => {
      const x = xIn(event);
      const index = indexAt(x);
      point(index === null ? null : (latest.current.starts[index] ?? null));
      if (from !== null) show(Math.abs(x - from) < dragFrom ? null : x);
    };
    const onUp = (event: PointerEvent) => {
      const x = xIn(event);
      const begun = from;
      stop();
      if (begun === null || Math.abs(x - begun) < dragFrom) return;
      const [first, last] = [indexAt(Math.min(begun, x)), indexAt(Math.max(begun, x))];
      const { starts, end, onZoom } = latest.current;
      const start = first === null ? undefined : starts[first];
      if (start === undefined || last === null) return;
      onZoom(Date.parse(start), Date.parse(starts[last + 1] ?? end));
    };
    const onLeave = () => {
      point(null);
    };
    const onDouble = () => latest.current.onBack();
    element.addEventListener("pointerdown", onDown);
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerleave", onLeave);
    element.addEventListener("dblclick", onDouble);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", stop);
    const unwatch = watchPoint((at) => {
      if (!line.current) return;
      const index = at === null ? -1 : latest.current.starts.indexOf(at);
      const x = index < 0 ? undefined : chart.current?.convertToPixel({ xAxisIndex: 0 }, index);
      line.current.hidden = typeof x !== "number";
      if (typeof x === "number") line.current.style.transform = `translateX(${x}px)`;
    });
    return () => {
      element.removeEventListener("pointerdown", onDown);
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerleave", onLeave);
      element.removeEventListener("dblclick", onDouble);
      window.removeEventListener("pointerup", onUp);
      window.removeEventListener("pointercancel", stop);
      unwatch();
    };
  }, [box, chart]);

  return (
    <>
      <div ref={line} className={styles.crosshair} hidden />
      <div ref={part} className={styles.dragged} hidden />
    </>
  );
}
