/** The file that is shown before one is chosen: the first workflow file, else the first of all. */
export function firstFile(paths: readonly string[]): string | undefined {
  return paths.find((path) => /^\.workflows\/.*\.ya?ml$/.test(path)) ?? paths[0];
}
