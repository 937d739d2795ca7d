/** What went wrong, as Linux names it, with the words that its tools print. */
export const ERRORS = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  EACCES: [13, 'Permission denied'],
  EEXIST: [17, 'File exists'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ENOSPC: [28, 'No space left on device'],
  EROFS: [30, 'Read-only file system'],
  ENAMETOOLONG: [36, 'File name too long'],
  ENOTEMPTY: [39, 'Directory not empty'],
  ELOOP: [40, 'Too many symbolic links encountered'],
} as const satisfies Record<string, readonly [number, string]>;
export type ErrorName = keyof typeof ERRORS;

/** A refused file operation. just-bash recognises ENOENT by its name in the message, and prints other messages as they are. */
export class FileFault extends Error {
  readonly error: ErrorName;
  readonly errno: number;
  /** The words without the error's name. */
  readonly text: string;

  constructor(error: ErrorName, path: string) {
    const [errno, text] = ERRORS[error];
    super(error === 'ENOENT' ? `ENOENT: no such file or directory, open '${path}'` : text);
    this.error = error;
    this.errno = errno;
    this.text = text;
  }
}
