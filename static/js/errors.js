// Moves the focus to the error summary, so that it is read first and its links come next.
export default function errors(summary) {
  summary.focus();
}
