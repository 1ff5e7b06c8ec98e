/** What middleware leaves for those after it. */
export interface HttpEnv {
  Variables: {
    requestId: string;
  };
}
