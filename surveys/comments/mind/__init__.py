"""What reads, learns and groups. Heavy (numpy, embeddings, scikit-learn): tasks import it, pages never do."""
