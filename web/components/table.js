// A table: <Table label="Jobs" columns=${[{ key, title, align: "right", render: (row) => … }]} rows=${…} rowKey="id" />.
// Wide tables scroll inside their frame. `compact` columns are hidden on phones; a `stacked` table shows its cells below each other there.
import { html } from "../vendor/htm/preact.js";

export function Table({ label, columns, rows, rowKey = "id", onRow, stacked }) {
  return html`
    <div class="table-frame" role="region" aria-label=${label} tabindex="0">
      <table class=${stacked ? "stacked" : ""}>
        <thead><tr>${columns.map((column) => html`<th key=${column.key} scope="col" class=${classes(column)}>${column.title}</th>`)}</tr></thead>
        <tbody>${rows.map((row, at) => html`<${Row} key=${row[rowKey] ?? at} row=${row} columns=${columns} onRow=${onRow} />`)}</tbody>
      </table>
    </div>
  `;
}

// A click anywhere in the row does what its link does; the link itself is for the keyboard.
function Row({ row, columns, onRow }) {
  const clicked = onRow && ((event) => event.target.closest("a, button, input, select") || onRow(row));
  return html`
    <tr class=${onRow ? "clickable" : ""} onClick=${clicked}>
      ${columns.map((column) => html`<td key=${column.key} class=${classes(column)}>${column.render ? column.render(row) : row[column.key]}</td>`)}
    </tr>
  `;
}

const classes = ({ align = "left", compact }) => `${align} ${compact ? "compact" : ""}`;
