/** The lattice mark: four faces of a checkerboard, two of them filled. Same drawing as in the HTML and the favicon. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <g fill="currentColor">
        <rect x="11.6" y="1.6" width="8.8" height="8.8" rx="1.8" transform="rotate(45 16 6)" />
        <rect x="11.6" y="21.6" width="8.8" height="8.8" rx="1.8" transform="rotate(45 16 26)" />
      </g>
      <g fill="none" stroke="currentColor" strokeWidth="2.4">
        <rect x="1.9" y="11.9" width="8.2" height="8.2" rx="1.6" transform="rotate(45 6 16)" />
        <rect x="21.9" y="11.9" width="8.2" height="8.2" rx="1.6" transform="rotate(45 26 16)" />
      </g>
    </svg>
  );
}
