import { Link } from "@tanstack/react-router";
import { shared } from "../state/view";
import styles from "./frame.module.css";
import { KeyboardIcon } from "./icons";
import { groups } from "./pages";
import { SchemeToggle } from "./SchemeToggle";

interface Props {
  /** On phones the rail is a sheet: words are always shown. */
  sheet?: boolean;
  onPick?: () => void;
  onKeyboardMap: () => void;
}

export function Rail({ sheet = false, onPick, onKeyboardMap }: Props) {
  return (
    <div className={styles.railInner} data-sheet={sheet || undefined}>
      {!sheet && (
        <div className={styles.brand}>
          <Mark />
          <span className={styles.word}>Verascope</span>
        </div>
      )}
      <nav aria-label={sheet ? "Pages, menu" : "Pages"}>
        {groups.map((group) => (
          <div key={group.label} className={styles.group}>
            <p className={styles.groupLabel}>{group.label}</p>
            <ul>
              {group.pages.map(({ to, label, key, icon: Icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    search={shared}
                    className={styles.link ?? ""}
                    activeOptions={{ exact: to === "/", includeSearch: false }}
                    activeProps={{ "data-active": true, "aria-current": "page" }}
                    title={`${label} (g ${key})`}
                    {...(onPick ? { onClick: onPick } : {})}
                  >
                    <Icon />
                    <span className={styles.word}>{label}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <button
        type="button"
        className={styles.link}
        data-foot
        onClick={onKeyboardMap}
        title="Keyboard map (?)"
      >
        <KeyboardIcon />
        <span className={styles.word}>Keyboard</span>
      </button>
      {sheet && <SchemeToggle word />}
    </div>
  );
}

function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" className={styles.mark}>
      <rect width="32" height="32" rx="7" fill="currentColor" />
      <g fill="none" stroke="var(--vs-on-accent)" strokeLinecap="round" strokeLinejoin="round">
        <circle cx="14" cy="14" r="7" strokeWidth="2.6" />
        <path d="m19.2 19.2 6 6" strokeWidth="2.8" />
        <path d="m10.8 14 2.3 2.4 4-4.6" strokeWidth="2.2" />
      </g>
    </svg>
  );
}
