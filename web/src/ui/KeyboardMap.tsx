import { Modal } from "@mantine/core";
import styles from "./keyboard.module.css";
import { pages } from "./pages";

const others = [
  { keys: ["Ctrl", "K"], does: "Search: pages, ranges, filters, clients; also /" },
  { keys: ["r"], does: "Choose a range" },
  { keys: ["c"], does: "Choose what to compare with" },
  { keys: ["f"], does: "Add a filter" },
  { keys: ["s"], does: "Share this view" },
  { keys: ["1", "…", "6"], does: "The tabs of Alerts" },
  { keys: ["n"], does: "New rule, silence, channel or incident, where one can be made" },
  { keys: ["?"], does: "This map" },
  { keys: ["↑", "↓"], does: "The row before or after, in an opened prediction, alert or incident" },
  { keys: ["Esc"], does: "Close what is open" },
  { keys: ["Ctrl", "V"], does: "Analyse the copied image, on Overview and Analyse" },
];

export function KeyboardMap({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const rows = [...pages.map(({ key, label }) => ({ keys: ["g", key], does: `Go to ${label}` })), ...others];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keyboard map"
      centered
      closeButtonProps={{ "aria-label": "Close the keyboard map" }}
    >
      <dl className={styles.map}>
        {rows.map(({ keys, does }) => (
          <div key={does} className={styles.row}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
