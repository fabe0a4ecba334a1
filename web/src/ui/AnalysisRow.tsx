import { useState } from "react";
import type { Verdict } from "../api/types";
import { bytes, milliseconds, percent } from "../format";
import { type Analysis, retryAnalysis } from "../state/analyses";
import { useViewChanges } from "../state/view";
import styles from "./analyse.module.css";
import { HeatOverlay } from "./HeatOverlay";
import { AlertIcon, ImageIcon } from "./icons";
import { OutcomeBadge } from "./Outcome";
import states from "./states.module.css";

export function AnalysisRow({ analysis, large = false }: { analysis: Analysis; large?: boolean }) {
  const { name, size, state } = analysis;
  const { open } = useViewChanges();
  const explanation = large && state.step === "done" ? state.verdict.explanation : undefined;
  const id = state.step === "done" ? state.verdict.id : state.step === "refused" ? state.id : null;
  return (
    <li className={styles.item} data-explained={explanation ? true : undefined}>
      {explanation ? (
        <HeatOverlay source={analysis.preview} explanation={explanation} />
      ) : (
        <Preview analysis={analysis} />
      )}
      <div className={styles.outcome}>
        <p className={styles.name} title={name}>
          {name} <span className={styles.quiet}>{bytes(size)}</span>
        </p>
        {state.step === "waiting" && <p className={styles.quiet}>Waiting</p>}
        {state.step === "sending" && (
          <p className={styles.quiet} role="status">
            Analysing
          </p>
        )}
        {state.step === "done" && <VerdictView verdict={state.verdict} />}
        {state.step === "refused" && (
          <p className={styles.refused} role="alert">
            <AlertIcon />
            <span>{state.reason}</span>
          </p>
        )}
        <p className={styles.links}>
          {id && (
            <button type="button" className={states.plainButton} onClick={() => open(id)}>
              Everything known
            </button>
          )}
          {state.step === "refused" && state.retry && (
            <button type="button" className={states.plainButton} onClick={() => retryAnalysis(analysis.key)}>
              Send again
            </button>
          )}
        </p>
      </div>
    </li>
  );
}

function Preview({ analysis }: { analysis: Analysis }) {
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <span className={styles.preview} title="The browser cannot show this file">
        <ImageIcon size={24} />
      </span>
    );
  }
  return <img className={styles.preview} src={analysis.preview} alt="" onError={() => setBroken(true)} />;
}

function VerdictView({ verdict }: { verdict: Verdict }) {
  const { real_probability: real, fake_probability: fake } = verdict;
  return (
    <div className={styles.verdict} role="status">
      <p className={styles.sentence}>
        <OutcomeBadge outcome={verdict.prediction} />
        <span>
          {percent(verdict.confidence)} confident
          {verdict.prediction === "uncertain" && ", too close to call"}
        </span>
        <span className={styles.quiet}>{milliseconds(verdict.inference_time_ms)}</span>
      </p>
      <div className={styles.bar} role="img" aria-label={`Real ${percent(real)}, fake ${percent(fake)}`}>
        <span data-part="real" style={{ flexGrow: real }} />
        <span data-part="fake" style={{ flexGrow: fake }} />
      </div>
      <p className={styles.scale} aria-hidden="true">
        <span>Real {percent(real)}</span>
        <span>Fake {percent(fake)}</span>
      </p>
    </div>
  );
}
