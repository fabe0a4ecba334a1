import { memo, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { useRecent } from "../api/queries";
import type { Filters, Prediction } from "../api/types";
import { fullTime, integer, milliseconds, percent, recentTime } from "../format";
import { useSentIds } from "../state/analyses";
import { changeFeed, emptyFeed, feedLimit } from "../state/feed";
import { type LiveEvent, useGreetings, useLiveEvents, usePhase } from "../state/live";
import { matches } from "../state/search";
import { useView, useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import { Card, CardAction } from "./Card";
import styles from "./feed.module.css";
import { PauseIcon, PlayIcon } from "./icons";
import { OutcomeBadge } from "./Outcome";
import { PredictionDrawer } from "./PredictionDrawer";
import { Empty, loadingOf } from "./states";
import { FilterValue } from "./Table";

/** At high rates rows come in groups, so that the list can still be read. */
const groupMs = 1_000;
/** Rows further down are not seen while the list is at its top, so they move without motion. */
const inSight = 14;

interface Props {
  filters: Filters;
  /** Whether the page's numbers are on their way: they go first. */
  waits: boolean;
  /** Told when the newest prediction on record arrived, whenever the list was loaded. */
  onLoad: (newest: string | undefined) => void;
  className?: string | undefined;
}

/** The newest predictions as they happen. Nothing moves while it is paused, hovered or scrolled. */
export function Feed({ filters, waits, onLoad, className }: Props) {
  const greeted = useGreetings() > 0;
  const phase = usePhase();
  const recent = useRecent(filters, !waits && (greeted || phase === "stale"));
  const [feed, change] = useReducer(changeFeed, emptyFeed);
  const [paused, setPaused] = useState(false);
  const [hovered, setHovered] = useState(false);
  const [atTop, setAtTop] = useState(true);
  const list = useRef<HTMLElement>(null);
  const { filtered, id, open } = useView();
  const hold = paused || hovered || !atTop;

  const holdNow = useRef(hold);
  holdNow.current = hold;
  useEffect(() => {
    if (!recent.data) return;
    change({ type: "load", predictions: recent.data.items, hold: holdNow.current });
    onLoad(recent.data.items[0]?.received_at);
  }, [recent.data, onLoad]);
  useArrivals(
    filters,
    useCallback((predictions) => change({ type: "arrive", predictions, hold: holdNow.current }), []),
  );
  useEffect(() => {
    if (!hold) change({ type: "release" });
  }, [hold]);

  const showHeld = () => {
    change({ type: "release" });
    list.current?.scrollTo({ top: 0 });
  };
  const count = feed.held.length;
  return (
    <Card
      className={className}
      title="Live activity"
      subtitle={
        filtered ? "Newest predictions that pass the filters" : "Newest predictions, whatever the range"
      }
      minHeight={300}
      loading={{ ...loadingOf(recent), pending: recent.data === undefined && !recent.error }}
      actions={
        <>
          {count > 0 && (
            <button type="button" className={styles.more} onClick={showHeld}>
              {count >= feedLimit ? `${integer(count)}+` : integer(count)} new
            </button>
          )}
          <CardAction
            label={paused ? "Go on" : "Pause"}
            icon={paused ? <PlayIcon /> : <PauseIcon />}
            pressed={paused}
            onClick={() => setPaused(!paused)}
          >
            {paused ? "Paused" : ""}
          </CardAction>
        </>
      }
    >
      {feed.shown.length === 0 && recent.data?.items.length === 0 ? (
        <Empty>
          <p>
            {filtered ? "No prediction passes these filters yet. " : ""}
            New predictions appear here by themselves, within a second.
          </p>
        </Empty>
      ) : (
        <section
          ref={list}
          className={styles.list}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list is reachable by keyboard only this way
          tabIndex={0}
          aria-label="Live list"
          onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
          onPointerLeave={() => setHovered(false)}
          onScroll={(event) => setAtTop(event.currentTarget.scrollTop < 8)}
        >
          <ul
            aria-label="Newest predictions"
            className={styles.rows}
            style={{ height: `calc(var(--row) * ${feed.shown.length})` }}
          >
            {feed.shown.map((prediction, at) => (
              <FeedRow key={prediction.id} prediction={prediction} at={at} />
            ))}
          </ul>
        </section>
      )}
      <PredictionDrawer id={id} rows={feed.shown} onOpen={open} />
    </Card>
  );
}

/** Tells of matching predictions, the first at once and the rest in groups. */
function useArrivals(filters: Filters, tell: (predictions: Prediction[]) => void): void {
  const waiting = useRef<Prediction[]>([]);
  const timer = useRef<number | null>(null);
  useEffect(() => () => window.clearTimeout(timer.current ?? undefined), []);
  useLiveEvents(
    useCallback(
      (event: LiveEvent) => {
        if (event.type !== "predictions") return;
        waiting.current.push(...event.predictions.filter((prediction) => matches(prediction, filters)));
        const flush = () => {
          if (waiting.current.length === 0) {
            timer.current = null;
            return;
          }
          tell(waiting.current);
          waiting.current = [];
          timer.current = window.setTimeout(flush, groupMs);
        };
        if (timer.current === null) flush();
      },
      [filters, tell],
    ),
  );
}

const FeedRow = memo(function FeedRow({ prediction, at }: { prediction: Prediction; at: number }) {
  const zone = useZone();
  const { open } = useViewChanges();
  const mine = useSentIds().has(prediction.id);
  const { timestamp, outcome, confidence, client, country, inference_time_ms: ms } = prediction;
  return (
    <li
      className={styles.row}
      style={{ transform: `translateY(calc(var(--row) * ${at}))` }}
      data-mine={mine || undefined}
      data-below={at >= inSight || undefined}
    >
      <button
        type="button"
        className={styles.time}
        onClick={() => open(prediction.id)}
        title={`${fullTime(timestamp, zone)}. Open`}
      >
        {recentTime(timestamp, Date.now(), zone)}
      </button>
      <OutcomeBadge outcome={outcome} />
      <span className={styles.client}>
        <FilterValue name="client" value={client} />
        {mine && <span className={styles.mine}>yours</span>}
      </span>
      <span className={styles.country}>
        <FilterValue name="country" value={country} />
      </span>
      {outcome === "failed" ? (
        <span className={styles.error} title={prediction.error_message ?? undefined}>
          {prediction.error_message ?? "No reason was recorded."}
        </span>
      ) : (
        <>
          <span className={styles.confidence}>{percent(confidence)}</span>
          <span className={styles.ms}>{milliseconds(ms)}</span>
        </>
      )}
    </li>
  );
});
