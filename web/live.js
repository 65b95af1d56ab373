// Hooks that keep data fresh while somebody looks: nothing is requested while the page is hidden.
import { useCallback, useEffect, useRef, useState } from "./vendor/htm/preact.js";

const MAX_PAUSE = 30; // seconds between attempts while the service does not answer

// Whether the page is visible.
export function useVisible() {
  const [visible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const changed = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  return visible;
}

// Load once, again when `deps` change or `reload` is called. Returns { data, error, loading, reload, setData }.
export function useLoad(load, deps = []) {
  return usePoll(load, () => null, deps);
}

// Load repeatedly while the page is visible. `pause(data)` gives the seconds until the next request, or null for none.
export function usePoll(load, pause, deps = []) {
  const [state, setState] = useState({ loading: true });
  const [round, setRound] = useState(0);
  const visible = useVisible();
  const latest = useRef({});
  const done = useRef(false); // a hidden page that becomes visible again loads again only if it polls
  latest.current = { load, pause };
  const reload = useCallback(() => {
    done.current = false;
    setRound((number) => number + 1);
  }, []);
  const setData = useCallback((data) => setState({ data, loading: false }), []);
  useEffect(() => {
    done.current = false;
    setState((old) => (old.data === undefined ? { loading: true } : { ...old, loading: true }));
  }, deps);
  useEffect(() => {
    if (!visible || done.current) return undefined;
    const controller = new AbortController();
    let timer, failures = 0;
    const step = async () => {
      let seconds;
      try {
        const data = await latest.current.load(controller.signal);
        failures = 0;
        setState({ data, loading: false });
        seconds = latest.current.pause(data);
        done.current = seconds === null;
      } catch (error) {
        if (controller.signal.aborted) return;
        failures += 1;
        setState((old) => ({ data: old.data, error, loading: false }));
        const lasting = error.status >= 400 && error.status < 500 && error.status !== 429;
        if (lasting || latest.current.pause(undefined) === null) return;
        seconds = error.retryAfter ?? Math.min(MAX_PAUSE, 2 ** failures);
      }
      if (!controller.signal.aborted && seconds !== null) timer = setTimeout(step, seconds * 1000);
    };
    step();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [visible, round, ...deps]);
  return { ...state, reload, setData };
}

// The time now, renewed every `seconds` while the page is visible: for "3 minutes ago" and running clocks.
export function useNow(seconds = 1) {
  const [now, setNow] = useState(Date.now());
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), seconds * 1000);
    return () => clearInterval(timer);
  }, [visible, seconds]);
  return now;
}
