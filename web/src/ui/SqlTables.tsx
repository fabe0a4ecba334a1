import type { SqlSchema } from "../api/sql";
import explore from "../pages/explore.module.css";

/** Tables and their columns, folded until asked for. */
export function SqlTables({ schema }: { schema: SqlSchema }) {
  return (
    <ul className={explore.tables}>
      {schema.tables.map((table) => (
        <li key={table.name}>
          <details>
            <summary>
              <code>{table.name}</code> <span className="quiet">{table.description}</span>
            </summary>
            <dl>
              {table.columns.map((column) => (
                <div key={column.name}>
                  <dt>
                    <code>{column.name}</code> <span className="quiet">{column.type}</span>
                  </dt>
                  <dd>{column.description}</dd>
                </div>
              ))}
            </dl>
          </details>
        </li>
      ))}
    </ul>
  );
}
