/** Monitoring as HTTP sees it; what writes the page is the composition root's choice. */
export interface HttpMetrics {
  observe(request: ObservedRequest): void;
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** One answered request, in words of which there are few: they become labels. */
export interface ObservedRequest {
  readonly method: string;
  /** The route's pattern, never the path. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}
