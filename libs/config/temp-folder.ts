/** Sets the folder in which libraries of this process create temporary files: `os.tmpdir()` reads TMPDIR. */
export function keepTempFilesIn(path: string): void {
  process.env.TMPDIR = path;
}
