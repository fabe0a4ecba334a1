import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import {
  type GalleryQuery,
  runSql,
  type SqlQuestion,
  sqlCsv,
  stopSql,
  useGallery,
  useSqlSchema,
} from "../api/sql";
import { download } from "../csv";
import { integer } from "../format";
import { parametersIn, questionOf, type Run, readPairs } from "../state/sql";
import { useView } from "../state/view";
import { Card } from "../ui/Card";
import { Coded } from "../ui/Drawn";
import form from "../ui/form.module.css";
import { SqlOutcome } from "../ui/SqlOutcome";
import { SqlParameters } from "../ui/SqlParameters";
import { SqlTables } from "../ui/SqlTables";
import { Failed, loadingOf } from "../ui/states";
import explore from "./explore.module.css";
import styles from "./pages.module.css";

const loadEditor = () => import("../ui/SqlEditor");

/** Any question in SQL, read only. The address holds the query and its parameters. */
export function Explore() {
  const { view, keep } = useView();
  const gallery = useGallery();
  const schema = useSqlSchema();
  const queries = gallery.data?.queries ?? [];
  const [text, setText] = useState(view.sql ?? "");
  const [given, setGiven] = useState(() => readPairs(view.param));
  const [run, start, cancel] = useRun();
  const chosen = queries.find(({ sql }) => sql.trim() === text.trim());
  const names = parametersIn(text);

  const execute = useCallback(
    (sql: string, values: Map<string, string>, known: GalleryQuery | undefined) => {
      if (sql.trim() === "") return;
      const question = questionOf(sql, values, known?.parameters ?? []);
      const pairs = Object.entries(question.parameters).map(([name, value]) => `${name}=${value}`);
      keep({ sql, param: pairs.length > 0 ? pairs : undefined });
      start(question);
    },
    [keep, start],
  );
  const runNow = () => execute(text, given, chosen);

  // A shared address shows its answer, not only its question.
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current || gallery.isPending) return;
    opened.current = true;
    if (view.sql) execute(view.sql, readPairs(view.param), undefined);
  }, [gallery.isPending, view, execute]);

  const choose = (query: GalleryQuery) => {
    setText(query.sql);
    setGiven(new Map());
    execute(query.sql, new Map(), query);
  };
  const save = async () => {
    if (run.step === "done") download("query.csv", await sqlCsv(run.question));
  };
  const limits = schema.data?.limits;
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>Explore</h1>
      <div className={explore.left}>
        <Card
          title="Queries"
          subtitle="Each runs at a click and can be changed"
          minHeight={120}
          loading={loadingOf(gallery)}
        >
          <ul className={explore.gallery}>
            {queries.map((query) => (
              <li key={query.name}>
                <button
                  type="button"
                  aria-current={query === chosen || undefined}
                  onClick={() => choose(query)}
                >
                  <strong>{query.title}</strong>
                  <span>{query.description}</span>
                </button>
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Tables" subtitle="What can be asked" minHeight={80} loading={loadingOf(schema)}>
          {schema.data && <SqlTables schema={schema.data} />}
        </Card>
      </div>
      <div className={explore.right}>
        <section className={explore.console} aria-label="Query">
          <Coded name="sql-editor" load={loadEditor} what="The editor" height={170}>
            {({ SqlEditor }) => (
              <SqlEditor text={text} schema={schema.data} onChange={setText} onRun={runNow} />
            )}
          </Coded>
          <SqlParameters
            names={names}
            known={chosen?.parameters ?? []}
            given={given}
            onChange={(name, value) => setGiven(new Map(given).set(name, value))}
            onRun={runNow}
          />
          <div className={explore.bar}>
            {run.step === "running" ? (
              <button type="button" className={form.button} onClick={cancel}>
                Cancel
              </button>
            ) : (
              <button
                type="button"
                className={form.primary}
                onClick={runNow}
                disabled={text.trim() === ""}
                title="Run (Ctrl Enter)"
              >
                Run
              </button>
            )}
            {limits && (
              <p className="quiet">
                Read only. Stopped after {limits.seconds} s; at most {integer(limits.rows)} rows are shown;
                one query at a time.
              </p>
            )}
          </div>
        </section>
        {schema.error && (
          <Failed what="The list of tables" error={schema.error} retry={() => void schema.refetch()} />
        )}
        <SqlOutcome run={run} wanted={chosen?.chart ?? null} onSave={() => void save()} />
      </div>
    </div>
  );
}

const patienceMs = 3_000;
const againMs = 200;

/** At most one query runs; starting another or leaving the page stops it. */
function useRun(): [Run, (question: SqlQuestion) => void, () => void] {
  const [run, setRun] = useState<Run>({ step: "idle" });
  const running = useRef<{ id: string; abort: AbortController } | null>(null);
  const stoppedAt = useRef(Number.NEGATIVE_INFINITY);
  const stop = useCallback(() => {
    if (!running.current) return;
    running.current.abort.abort();
    void stopSql(running.current.id);
    stoppedAt.current = performance.now();
  }, []);
  const start = useCallback(
    async (question: SqlQuestion) => {
      stop();
      const mine = { id: `web-${++asked}-${Date.now()}`, abort: new AbortController() };
      running.current = mine;
      setRun({ step: "running", since: Date.now() });
      // The stopped query may hold the server's one place for a moment longer.
      const mayWait = (problem: Problem) =>
        problem.status === 503 && performance.now() - stoppedAt.current < patienceMs;
      let ended: Run | null = null;
      while (ended === null) {
        try {
          const result = await runSql({ ...question, id: mine.id }, mine.abort.signal);
          ended = { step: "done", result, question };
        } catch (cause) {
          const problem = cause instanceof Problem ? cause : new Problem(0, String(cause));
          if (mine.abort.signal.aborted) ended = { step: "cancelled" };
          else if (mayWait(problem)) await new Promise((resolve) => setTimeout(resolve, againMs));
          else ended = { step: "failed", problem };
        }
      }
      if (running.current !== mine) return;
      running.current = null;
      setRun(ended);
    },
    [stop],
  );
  useEffect(() => stop, [stop]);
  return [run, (question) => void start(question), stop];
}

let asked = 0;
