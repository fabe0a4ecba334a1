import type { ErrorComponentProps } from "@tanstack/react-router";
import form from "./form.module.css";
import styles from "./states.module.css";

/** Shown when a page itself breaks: what happened, and the way back. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  return (
    <div className={styles.message} role="alert">
      <h1 className={styles.title}>This page could not be drawn</h1>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>
        <button type="button" className={form.primary} onClick={reset}>
          Draw it again
        </button>
      </p>
    </div>
  );
}
