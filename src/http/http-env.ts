export interface HttpEnv {
  /** From whoever listens. */
  Bindings: {
    /** The other end of the connection, or null where there is none (in-process calls). */
    remoteAddress: string | null;
    /** Where an application in front has named the request already. */
    requestId?: string;
  };
  /** What middleware leaves for those after it. */
  Variables: {
    requestId: string;
    /** Name of the API key, `local` without keys; unset until the caller is known. */
    caller?: string;
  };
}
