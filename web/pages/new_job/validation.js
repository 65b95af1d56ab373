// Validate a job while it is edited: at most one request per second, none while nothing changes, old answers are dropped.
import { useEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { post } from "../../api.js";

const QUIET_MS = 400; // after the last change
const INTERVAL_MS = 1000; // between requests

// Returns { spec, estimate, warnings, problem, busy } of the last validated body.
export function useValidation(body) {
  const [state, setState] = useState({});
  const last = useRef(0);
  useEffect(() => {
    if (!body.dataset_id || !body.target) return undefined;
    const controller = new AbortController();
    const validate = async () => {
      last.current = Date.now();
      const options = { query: { validate_only: true }, signal: controller.signal };
      try {
        setState({ ...(await post("/v1/jobs", body, options)), problem: null, busy: false });
      } catch (problem) {
        if (problem.name !== "AbortError") setState((old) => ({ ...old, problem, busy: false }));
      }
    };
    setState((old) => ({ ...old, busy: true }));
    const timer = setTimeout(validate, Math.max(QUIET_MS, last.current + INTERVAL_MS - Date.now()));
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [body]);
  return state;
}
