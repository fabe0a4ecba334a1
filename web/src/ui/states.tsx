import { Link } from "@tanstack/react-router";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { Problem } from "../api/client";
import { CopyButton } from "./Copy";
import { AlertIcon } from "./icons";
import styles from "./states.module.css";

/** What is known about a view's data, whatever library fetched it. */
export interface Loading {
  /** Nothing to show yet, and no failure either. */
  pending: boolean;
  error: Error | null;
  /** What is shown belongs to an earlier question. */
  outdated: boolean;
  retry: () => void;
}

interface QueryLike {
  data: unknown;
  error: Error | null;
  isPending: boolean;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

export function loadingOf(query: QueryLike): Loading {
  return {
    pending: query.isPending && !query.error,
    error: query.data === undefined ? query.error : null,
    outdated: query.isPlaceholderData,
    retry: () => void query.refetch(),
  };
}

/** Whether what is inside belongs to an earlier question. Cards dim for it by themselves; nothing in them is drawn again. */
export const Outdated = createContext(false);

/** Whether what a card shows belongs to an earlier question, by its own data or by the page's. */
export function useOutdated(loading: Loading | undefined): boolean {
  return useContext(Outdated) || loading?.outdated === true;
}

/** As `loadingOf`, and the same object until it says something else; leaves what is outdated to the context. */
export function useSteadyLoading({ data, error, isPending, refetch }: Omit<QueryLike, "isPlaceholderData">) {
  return useMemo<Loading>(
    () => loadingOf({ data, error, isPending, isPlaceholderData: false, refetch }),
    [data, error, isPending, refetch],
  );
}

/** What the shown numbers were asked with: the words of a page change together with its numbers, not before. */
export function useAnswered<Asked>(
  asked: Asked,
  { isPlaceholderData }: Pick<QueryLike, "isPlaceholderData">,
): Asked {
  const [answered, setAnswered] = useState(asked);
  if (!isPlaceholderData && answered !== asked) setAnswered(asked);
  return isPlaceholderData ? answered : asked;
}

export function Skeleton({ height, width = "100%" }: { height: number | string; width?: number | string }) {
  return <div className={styles.skeleton} style={{ height, width }} aria-hidden="true" />;
}

export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  const wait =
    error instanceof Problem && error.retryAfterSeconds ? `${error.retryAfterSeconds} s` : "a few seconds";
  return (
    <div className={styles.failed} role="alert">
      <p>
        <AlertIcon />
        <span>
          {what} could not be loaded. {error.message} Trying again in {wait}.
        </span>
      </p>
      <button type="button" className={styles.plainButton} onClick={retry}>
        Try now
      </button>
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className={styles.message}>{children}</div>;
}

/** The one action of an empty installation: a first image, ready to paste. */
export function FirstImage() {
  const command = `curl -F file=@photo.jpg ${window.location.origin}/predict`;
  return (
    <Empty>
      <p className={styles.lead}>Nothing has been analysed yet.</p>
      <p>
        <Link to="/analyse">Drop a photo</Link> here in the browser, or send one from a terminal:
      </p>
      <div className={styles.curl}>
        <code>{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </div>
    </Empty>
  );
}
