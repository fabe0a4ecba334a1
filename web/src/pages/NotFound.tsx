import { Link } from "@tanstack/react-router";
import styles from "../ui/states.module.css";

export function NotFound() {
  return (
    <div className={styles.message}>
      <h1 className={styles.title}>There is no such page</h1>
      <p>
        The address is unknown here. <Link to="/">Go to the overview</Link>.
      </p>
    </div>
  );
}
