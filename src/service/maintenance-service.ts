import { ChlError } from '../core/errors.ts';
import type { CatalogBackup, CatalogMaintenance } from '../core/ports/catalog-maintenance.ts';
import type { AuditLog } from './audit-log.ts';
import type { CompactResponse } from './contract/admin.ts';
import type { RequestContext } from './request-context.ts';
import type { MaintenanceService } from './services.ts';

export interface MaintenanceParts {
  /** Null where the database is a server's, which is backed up there. */
  readonly maintenance: CatalogMaintenance | null;
  readonly audit: AuditLog;
}

export class Maintenance implements MaintenanceService {
  readonly #parts: MaintenanceParts;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
  }

  async backup(context: RequestContext): Promise<CatalogBackup> {
    const backup = await this.#port().backup();
    const { bytes, sha256, seq } = backup;
    await this.#parts.audit.record(context, 'backup', { bytes, sha256, seq });
    return backup;
  }

  async compact(context: RequestContext): Promise<CompactResponse> {
    const { bytesBefore, bytesAfter } = await this.#port().compact();
    await this.#parts.audit.record(context, 'compact', {
      bytes_before: bytesBefore,
      bytes_after: bytesAfter,
    });
    return {
      status: 'success',
      message: `The database has ${bytesAfter} bytes; it had ${bytesBefore}.`,
      bytes_before: bytesBefore,
      bytes_after: bytesAfter,
    };
  }

  #port(): CatalogMaintenance {
    const { maintenance } = this.#parts;
    if (maintenance !== null) return maintenance;
    throw new ChlError('UNAVAILABLE', 'The database is on a server; it is kept there.', { retryable: false });
  }
}
