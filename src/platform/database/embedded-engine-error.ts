export type EngineErrorCode =
  | 'in_use'
  | 'not_writable'
  | 'disk_full'
  | 'no_binary'
  | 'not_installed'
  | 'not_loadable'
  | 'not_opened';

const EXTERNAL = 'set MONGODB_URI to a MongoDB server';

/** The embedded engine cannot run; the message is one sentence that names the remedy. */
export class EmbeddedEngineError extends Error {
  override readonly name = 'EmbeddedEngineError';

  constructor(
    message: string,
    readonly code: EngineErrorCode,
  ) {
    super(message);
  }

  static inUse(directory: string, pid: number | undefined): EmbeddedEngineError {
    const owner = pid ? `Another process (${pid})` : 'Another process';
    return new EmbeddedEngineError(
      `${owner} already runs the embedded database in ${directory}: ` +
        'stop it, or point DATA_DIR at another directory.',
      'in_use',
    );
  }

  static notWritable(directory: string, error: unknown): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `The directory ${directory} cannot be written (${reasonOf(error)}): ` +
        'point DATA_DIR at one that this user can write.',
      'not_writable',
    );
  }

  static diskFull(directory: string, freeMB: number, neededMB: number): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `The disk of ${directory} is full (${freeMB} MB free, the embedded database needs ` +
        `${neededMB} MB): free some space, or point DATA_DIR at another disk.`,
      'disk_full',
    );
  }

  static noBinary(platform: string): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `There is no embedded database for ${platform}, only for macOS on arm64 and for Linux with ` +
        `glibc on x64 and arm64: ${EXTERNAL}.`,
      'no_binary',
    );
  }

  static notInstalled(packageName: string): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `The embedded database's package ${packageName} is not installed: ` +
        `run npm ci without leaving out optional packages, or ${EXTERNAL}.`,
      'not_installed',
    );
  }

  static notLoadable(error: unknown): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `The embedded database does not load on this system (${reasonOf(error)}): ${EXTERNAL}.`,
      'not_loadable',
    );
  }

  static notOpened(directory: string, error: unknown): EmbeddedEngineError {
    return new EmbeddedEngineError(
      `The embedded database cannot open ${directory} (${reasonOf(error)}): ` +
        `mend that, restore the directory from a backup, or ${EXTERNAL}.`,
      'not_opened',
    );
  }
}

/** One line, without an end mark of its own. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error.message.split('\n')[0] ?? '').replace(/\.$/, '');
}
