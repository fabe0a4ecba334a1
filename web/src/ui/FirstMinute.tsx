import { type ReactNode, useEffect, useState } from "react";
import { useDemo } from "../api/demo";
import { percent } from "../format";
import { CopyButton } from "./Copy";
import { DropZone } from "./DropZone";
import styles from "./firstminute.module.css";
import form from "./form.module.css";
import states from "./states.module.css";

/** What an empty installation says: three ways to a first prediction, and a demonstration. */
export function FirstMinute({ className }: { className?: string | undefined }) {
  return (
    <section className={`${styles.first} ${className ?? ""}`} aria-labelledby="first-minute">
      <h2 id="first-minute">Nothing has been analysed yet. Begin with one of these.</h2>
      <div className={styles.cards}>
        <Step title="Drop an image">
          <p>
            The detector that runs here judges it; the verdict is the first prediction. The image is not kept.
          </p>
          <DropZone paste={false} />
        </Step>
        <Step title="Send a prediction of your own detector">
          <p>From a terminal or your service. It appears here within a second.</p>
          <Snippets />
        </Step>
        <Step title="Import an old database">
          <p>An existing analytics.db, CSV or JSON lines, counted as if it had always been here.</p>
          <Code text="verascope import FILE" label="Copy the command" />
        </Step>
      </div>
      <LookAtDemo />
    </section>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.card}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

const event = { prediction: "fake", confidence: 97.3, client: "acme" };

function Snippets() {
  const [language, setLanguage] = useState<"curl" | "python">("curl");
  const url = `${window.location.origin}/api/v1/predictions`;
  const texts = {
    curl: [
      `curl ${url} \\`,
      "  -H 'Content-Type: application/json' \\",
      `  -d '${JSON.stringify(event)}'`,
    ].join("\n"),
    python: [
      "import json, urllib.request",
      `event = ${JSON.stringify(event)}`,
      `request = urllib.request.Request("${url}", json.dumps(event).encode(),`,
      '                                 {"Content-Type": "application/json"})',
      "print(urllib.request.urlopen(request).read().decode())",
    ].join("\n"),
  };
  return (
    <>
      <div className={styles.tabs}>
        {(["curl", "python"] as const).map((name) => (
          <button
            key={name}
            type="button"
            className={form.button}
            aria-pressed={language === name}
            onClick={() => setLanguage(name)}
          >
            {name === "curl" ? "curl" : "Python"}
          </button>
        ))}
      </div>
      <Code text={texts[language]} label={`Copy the ${language} example`} />
    </>
  );
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className={states.curl}>
      <pre className={styles.code}>{text}</pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}

function LookAtDemo() {
  const { demo, problem, prepare } = useDemo();
  const [asked, setAsked] = useState(false);
  const url = demo?.state === "ready" ? demo.url : null;
  useEffect(() => {
    if (asked && url) window.location.assign(url);
  }, [asked, url]);
  const waiting = asked && !url && demo?.state !== "failed" && !problem;
  const act = () => {
    setAsked(true);
    if (!url) prepare();
  };
  return (
    <p className={styles.demo}>
      <button type="button" className={form.button} onClick={act} disabled={waiting}>
        Look at a demo
      </button>
      <span role="status">
        {waiting
          ? `Making up ninety days of traffic${demo?.progress == null ? "" : `: ${percent(demo.progress * 100, 0)}`}.`
          : "Ninety days of made-up traffic in a database of its own; one click leads back."}
      </span>
      {asked && (problem || demo?.problem) && (
        <span className={form.problem} role="alert">
          {demo?.problem ?? problem?.message}
        </span>
      )}
    </p>
  );
}
