/** The lines of a definition in its file: from the line of its key to the next one of the same depth. All of the file without a line. */
export function linesOfTask(file: string, first: number | null | undefined): { first: number; text: string } {
  const lines = file.split("\n");
  const start = first ? first - 1 : -1;
  if (!(start in lines)) return { first: 1, text: file.trimEnd() };
  const depth = depthOf(lines[start]);
  let end = start + 1;
  while (end < lines.length && (!lines[end]?.trim() || depthOf(lines[end]) > depth)) end += 1;
  return { first: start + 1, text: lines.slice(start, end).join("\n").trimEnd() };
}

function depthOf(line = ""): number {
  return line.length - line.trimStart().length;
}
