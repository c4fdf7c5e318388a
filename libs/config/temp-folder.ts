/** Sets the folder in which libraries of this process create temporary files: `os.tmpdir()` reads TMPDIR. */
export function setTempFolder(path: string): void {
  process.env.TMPDIR = path;
}
