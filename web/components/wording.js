// Fixes that name parameters of a request, in the words of a page: "send ?missing=9999" → "set missing=9999".

const PARAMETER = /\?(missing|types|date_format|decimal|delimiter|encoding|header)=/g;

export function worded(fix) {
  return (fix ?? "").replace(/\b([Ss])end (?=\?\w+=)/g, "$1et ").replace(PARAMETER, "$1=").replace("delimiter= ", "delimiter ").replace(/list it in "features": \{.*?\}/, "check it under Features");
}
