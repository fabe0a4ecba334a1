import { type Setting, useSettings } from "../api/settings";
import { Card } from "../ui/Card";
import { SettingRow } from "../ui/SettingRow";
import { Failed, loadingOf, Skeleton } from "../ui/states";
import styles from "./pages.module.css";
import list from "./settings.module.css";

/** What is set, to what, and where that comes from; what may be changed while running is changed here. */
export function Settings() {
  const settings = useSettings();
  const loading = loadingOf(settings);
  const sections = settings.data?.sections ?? [];
  const first = (one: { settings: Setting[] }) =>
    one.settings.some(({ is_editable }) => is_editable) ? 0 : 1;
  const sorted = sections.toSorted((a, b) => first(a) - first(b));
  return (
    <div className={styles.column}>
      <div className={styles.heading}>
        <h1>Settings</h1>
        <p>
          A variable wins over the file, the file over what is stored here, and that over the default. A
          change acts on new predictions; nothing recorded changes. What takes effect at the start only is set
          in config/monitoring.json or as the variable beside it.
        </p>
      </div>
      {loading.pending && <Skeleton height={480} />}
      {loading.error && <Failed what="The settings" error={loading.error} retry={loading.retry} />}
      <div className={list.sections}>
        {sorted.map((section) => (
          <Card key={section.name} title={section.label}>
            <ul className={list.settings}>
              {section.settings.map((setting) => (
                <SettingRow key={setting.name} setting={setting} />
              ))}
            </ul>
          </Card>
        ))}
      </div>
    </div>
  );
}
