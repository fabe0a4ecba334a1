import { useEffect, useRef } from "react";
import styles from "./chart.module.css";
import { type ChartOption, type EChartsType, init } from "./echarts";

interface Props {
  option: ChartOption;
  /** The chart in a sentence, for those who can't see it. */
  summary: string;
  height: number;
}

/** Draws an option and follows its box. A new option moves what is there instead of drawing anew. */
export function EChart({ option, summary, height }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);

  useEffect(() => {
    if (!box.current) return;
    const drawn = init(box.current, null, { renderer: "canvas" });
    chart.current = drawn;
    const observer = new ResizeObserver(() => drawn.resize());
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ["series"] });
  }, [option]);

  return <div ref={box} className={styles.canvas} style={{ height }} role="img" aria-label={summary} />;
}
