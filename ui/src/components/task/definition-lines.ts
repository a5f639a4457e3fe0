/** The lines of a task in its file: from its key to the next one of the same depth. All of the file when it has no such key. */
export function linesOfTask(file: string, task: string): { first: number; text: string } {
  const lines = file.split("\n");
  const tasks = lines.findIndex((line) => /^tasks:\s*(#.*)?$/.test(line));
  const name = task.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const key = new RegExp(`^(\\s+)["']?${name}["']?:(\\s|$)`);
  const start = tasks < 0 ? -1 : lines.findIndex((line, index) => index > tasks && key.test(line));
  if (start < 0) return { first: 1, text: file.trimEnd() };
  const depth = lines[start]?.match(/^\s*/)?.[0].length ?? 0;
  let end = start + 1;
  while (end < lines.length && (!lines[end]?.trim() || (lines[end]?.match(/^\s*/)?.[0].length ?? 0) > depth)) end += 1;
  return { first: start + 1, text: lines.slice(start, end).join("\n").trimEnd() };
}
