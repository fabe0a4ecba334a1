import type { ReactNode } from "react";
import { moved } from "../../state/routing";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { DownIcon, PlusIcon, UpIcon } from "../../ui/icons";
import routing from "./routing.module.css";
import styles from "./rules.module.css";

interface Props<Item> {
  title: string;
  subtitle: string;
  /** What one of them is called. */
  word: string;
  items: Item[];
  /** Said when there is none. */
  none: string;
  /** What a new one starts as. */
  blank: Item;
  /** Whether their order says which comes first. */
  ordered?: boolean;
  nameOf: (item: Item, at: number) => string;
  onChange: (items: Item[]) => void;
  children: (item: Item, change: (part: Partial<Item>) => void) => ReactNode;
}

/** A card of any number of things, each changed where it stands. */
export function Lines<Item>(props: Props<Item>) {
  const { title, subtitle, word, items, none, blank, ordered, nameOf, onChange, children } = props;
  const name = word.toLowerCase();
  return (
    <Card
      title={title}
      subtitle={subtitle}
      actions={
        <button type="button" className={form.button} onClick={() => onChange([...items, blank])}>
          <PlusIcon size={14} /> {word}
        </button>
      }
    >
      {items.length === 0 && <p className="quiet">{none}</p>}
      <ol className={routing.routes}>
        {items.map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
          <li key={at} className={routing.route}>
            <header>
              <h3>{nameOf(item, at)}</h3>
              <span className={styles.buttons}>
                {ordered && (
                  <>
                    <button
                      type="button"
                      className={form.button}
                      aria-label={`Move ${name} ${at + 1} up`}
                      disabled={at === 0}
                      onClick={() => onChange(moved(items, at, -1))}
                    >
                      <UpIcon size={14} />
                    </button>
                    <button
                      type="button"
                      className={form.button}
                      aria-label={`Move ${name} ${at + 1} down`}
                      disabled={at === items.length - 1}
                      onClick={() => onChange(moved(items, at, 1))}
                    >
                      <DownIcon size={14} />
                    </button>
                  </>
                )}
                <button
                  type="button"
                  className={form.button}
                  aria-label={`Remove ${name} ${at + 1}`}
                  onClick={() => onChange(items.filter((_, index) => index !== at))}
                >
                  Remove
                </button>
              </span>
            </header>
            {children(item, (part) =>
              onChange(items.map((one, index) => (index === at ? { ...one, ...part } : one))),
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}
