import styles from "./pages.module.css";

export function Errors() {
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>Errors</h1>
    </div>
  );
}
