import { clearAnalyses, useAnalyses } from "../state/analyses";
import { useView } from "../state/view";
import { AnalysisRow } from "../ui/AnalysisRow";
import analyse from "../ui/analyse.module.css";
import { Card, CardAction } from "../ui/Card";
import { DropZone } from "../ui/DropZone";
import { CloseIcon } from "../ui/icons";
import { ModelNote } from "../ui/ModelNote";
import { PredictionDrawer } from "../ui/PredictionDrawer";
import { Empty } from "../ui/states";
import styles from "./pages.module.css";

export function Analyse() {
  const analyses = useAnalyses();
  const { id, open } = useView();
  return (
    <div className={styles.column}>
      <div className={styles.heading}>
        <h1>Analyse an image</h1>
        <p>The image is judged and forgotten; the verdict is recorded as a prediction.</p>
      </div>
      <DropZone large />
      <ModelNote />
      <div className={styles.below}>
        <Card
          title="This session"
          subtitle="Kept in this page only, until it is closed or reloaded"
          actions={
            analyses.length > 0 && (
              <CardAction label="Clear the finished ones" icon={<CloseIcon />} onClick={clearAnalyses}>
                Clear
              </CardAction>
            )
          }
        >
          {analyses.length === 0 ? (
            <Empty>
              <p>
                Drop a photo above: JPEG, PNG, GIF, BMP, WebP, AVIF, HEIC or TIFF, at least 32 pixels each
                way.
              </p>
            </Empty>
          ) : (
            <ul className={analyse.list} data-large>
              {analyses.map((analysis) => (
                <AnalysisRow key={analysis.key} analysis={analysis} large />
              ))}
            </ul>
          )}
        </Card>
      </div>
      <PredictionDrawer id={id} rows={[]} onOpen={open} />
    </div>
  );
}
