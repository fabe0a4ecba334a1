import { Link } from "@tanstack/react-router";
import { useAnalyses } from "../state/analyses";
import { AnalysisRow } from "./AnalysisRow";
import styles from "./analyse.module.css";
import { Card } from "./Card";
import { DropZone } from "./DropZone";
import { ModelNote } from "./ModelNote";

/** The small box on the overview: the last two images, the rest on the page of its own. */
export function AnalyseBox() {
  const analyses = useAnalyses();
  const others = analyses.length - 2;
  return (
    <Card title="Analyse an image">
      <DropZone />
      {analyses.length > 0 && (
        <ul className={styles.list}>
          {analyses.slice(0, 2).map((analysis) => (
            <AnalysisRow key={analysis.key} analysis={analysis} />
          ))}
        </ul>
      )}
      {others > 0 && (
        <p className={styles.limits}>
          <Link to="/analyse" search={(view) => view}>
            {others} more of this session
          </Link>
        </p>
      )}
      <ModelNote />
    </Card>
  );
}
