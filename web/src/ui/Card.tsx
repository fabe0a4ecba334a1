import { type CSSProperties, type ReactNode, useId } from "react";
import type { Said } from "../state/said";
import styles from "./card.module.css";
import { Failed, type Loading, Skeleton, useOutdated } from "./states";
import { About } from "./Told";

interface Props {
  title: string;
  subtitle?: ReactNode;
  /** What its numbers mean, behind a mark beside the title. */
  about?: Said[] | undefined;
  actions?: ReactNode;
  /** What fails, for the error's sentence; the title when absent. */
  loading?: Loading;
  /** Kept free from the first paint on, so that nothing moves when data comes. */
  minHeight?: number;
  className?: string | undefined;
  children: ReactNode;
}

/** A titled part of a page, in whichever state its data is. */
export function Card({ title, subtitle, about, actions, loading, minHeight, className, children }: Props) {
  const id = useId();
  const outdated = useOutdated(loading);
  const style: CSSProperties = minHeight === undefined ? {} : { minHeight };
  return (
    <section className={`${styles.card} ${className ?? ""}`} aria-labelledby={id}>
      <header className={styles.head}>
        <div className={styles.titles}>
          <div className={styles.titleLine}>
            <h2 id={id} className={styles.title}>
              {title}
            </h2>
            {about && about.length > 0 && <About what={title} said={about} />}
          </div>
          {subtitle && <p className={styles.subtitle}>{subtitle}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      <div
        className={styles.body}
        style={style}
        data-outdated={outdated || undefined}
        aria-busy={loading?.pending || outdated || undefined}
      >
        {loading?.pending ? (
          <Skeleton height={minHeight ?? 120} />
        ) : loading?.error ? (
          <Failed what={title} error={loading.error} retry={loading.retry} />
        ) : (
          children
        )}
      </div>
    </section>
  );
}

interface ActionProps {
  label: string;
  icon: ReactNode;
  pressed?: boolean;
  children?: ReactNode;
  onClick: () => void;
}

export function CardAction({ label, icon, pressed, children, onClick }: ActionProps) {
  return (
    <button
      type="button"
      className={styles.action}
      onClick={onClick}
      aria-label={label}
      title={label}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
    >
      {icon}
      {children}
    </button>
  );
}
