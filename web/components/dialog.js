// Modal dialogs. <Dialog title onClose>…</Dialog> is open while it is rendered; Escape closes it.
// <ConfirmButton label question detail confirm="Delete" danger onConfirm /> asks before it acts.
import { html, useEffect, useRef, useState } from "../vendor/htm/preact.js";
import { ProblemPanel } from "./problem.js";

export function Dialog({ title, onClose, children }) {
  const element = useRef();
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.focus?.();
  }, []);
  const canceled = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog ref=${element} aria-label=${title} onCancel=${canceled} onClick=${(event) => event.target === element.current && onClose()}>
      <div class="dialog">
        <h2>${title}</h2>
        ${children}
      </div>
    </dialog>
  `;
}

export function ConfirmButton({ label, question, detail, confirm = label, danger, onConfirm, disabled, busy }) {
  const [open, setOpen] = useState(false);
  const [state, setState] = useState({});
  const act = async () => {
    setState({ busy: true });
    try {
      await onConfirm();
      setOpen(false);
      setState({});
    } catch (problem) {
      setState({ problem });
    }
  };
  const close = () => {
    setOpen(false);
    setState({});
  };
  return html`
    <button type="button" class=${danger ? "danger" : ""} disabled=${disabled || busy} onClick=${() => setOpen(true)}>${label}</button>
    ${open &&
    html`
      <${Dialog} title=${question} onClose=${close}>
        <p>${detail}</p>
        ${state.problem && html`<${ProblemPanel} problem=${state.problem} />`}
        <div class="dialog-actions">
          <button type="button" autofocus onClick=${close}>Keep</button>
          <button type="button" class=${danger ? "danger solid" : "primary"} disabled=${state.busy} onClick=${act}>${confirm}</button>
        </div>
      <//>
    `}
  `;
}
