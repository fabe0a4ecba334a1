import { Link } from "@tanstack/react-router";
import { useSettings } from "../api/settings";
import { plural } from "../format";
import { listed } from "../state/settings";
import { useView } from "../state/view";
import { Card } from "../ui/Card";
import { SearchField } from "../ui/SearchField";
import { SettingRow } from "../ui/SettingRow";
import { Empty, Failed, loadingOf, Skeleton } from "../ui/states";
import styles from "./pages.module.css";
import list from "./settings.module.css";

/** What is set, to what, and where that comes from; what may be changed while running is changed here. */
export function Settings() {
  const settings = useSettings();
  const loading = loadingOf(settings);
  const { q = "" } = useView().view;
  const sections = listed(settings.data?.sections ?? [], q);
  const found = sections.reduce((sum, section) => sum + section.settings.length, 0);
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
      {settings.data && (
        <div className={list.bar}>
          <SearchField label="Search settings" />
          <nav aria-label="Sections" className={list.jumps}>
            {sections.map(({ name, label }) => (
              <Link key={name} to="." search={(view) => view} hash={name} replace>
                {label}
              </Link>
            ))}
          </nav>
          <p className="visually-hidden" role="status">
            {q && plural(found, "setting")}
          </p>
        </div>
      )}
      {settings.data && found === 0 && (
        <Empty>
          <p>
            No setting has all of these words: {q}. Names, descriptions, variables and where a value comes
            from are searched.
          </p>
        </Empty>
      )}
      <div className={list.sections}>
        {sections.map((section) => (
          <div key={section.name} id={section.name} className={list.section}>
            <Card title={section.label}>
              <ul className={list.settings}>
                {section.settings.map((setting) => (
                  <SettingRow key={setting.name} setting={setting} />
                ))}
              </ul>
            </Card>
          </div>
        ))}
      </div>
    </div>
  );
}
