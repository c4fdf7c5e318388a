/** Files that operating systems create in folders, which users do not mean to upload. */
const clutter = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/**
 * Returns all files of a drop or paste, including those in folders. Must be called before any await: the browser
 * empties the transfer afterwards.
 */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const plain = [...transfer.files];
  if (entries.every((entry) => !entry?.isDirectory)) return plain.filter(isWanted);
  const nested = await Promise.all(entries.map((entry) => (entry ? filesIn(entry) : [])));
  return nested.flat().filter(isWanted);
}

/** Returns false for files that the operating system created in a folder. */
export function isWanted(file: File): boolean {
  return !clutter.test(file.name);
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  const children = await childrenOf((entry as FileSystemDirectoryEntry).createReader());
  const nested = await Promise.all(children.map(filesIn));
  return nested.flat();
}

async function childrenOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  // readEntries returns a part at a time (100 in Chromium), and an empty array at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}
