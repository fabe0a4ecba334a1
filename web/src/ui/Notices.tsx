import type { Result } from "../api/types";
import { AlertIcon } from "./icons";
import styles from "./notices.module.css";

/** What the server wants known about its answers, each sentence once. */
export function Notices({ results }: { results: Record<string, Result> | undefined }) {
  const sentences = new Set(
    Object.values(results ?? {}).flatMap(({ notices }) => (notices ?? []).map(({ message }) => message)),
  );
  if (sentences.size === 0) return null;
  return (
    <ul className={styles.notices}>
      {[...sentences].map((sentence) => (
        <li key={sentence}>
          <AlertIcon size={14} />
          {sentence}
        </li>
      ))}
    </ul>
  );
}
