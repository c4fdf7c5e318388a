/** Where libraries of this process put their temporary files: what `os.tmpdir()` says. For the life of the process. */
export function keepTempFilesIn(path: string): void {
  process.env.TMPDIR = path;
}
