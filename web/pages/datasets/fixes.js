// Fixes of warnings and problems that are options of the upload, such as "send ?missing=99999".

const OPTION = /\?(missing|types|date_format|decimal|delimiter|encoding|header)=/g;
const PAIR = String.raw`(?:"(?:[^"]|"")*"|[^,:"]+):[\w%./-]*[\w%]`;
const VALUES = {
  types: new RegExp(`^${PAIR}(?:,${PAIR})*`),
  date_format: /^.+?(?=\.$|$)/,
  missing: /^.+?(?= if it means|\.$|\. |, or |$)/,
  decimal: /^[.,]/,
};
const WORD = /^[\w-]+/;

// The options that a fix names, as [{name, value}].
export function optionsOf(fix) {
  const found = [...(fix ?? "").matchAll(OPTION)].map((match) => {
    const [name, rest] = [match[1], fix.slice(match.index + match[0].length)];
    return { name, value: (VALUES[name] ?? WORD).exec(rest)?.[0] };
  });
  return found.filter((option) => option.value);
}

// Reading options with one more: lists are extended, single values replaced.
export function withOption(options, { name, value }) {
  const isList = name === "missing" || name === "types" || name === "date_format";
  return { ...options, [name]: isList && options[name] ? `${options[name]},${value}` : value };
}
